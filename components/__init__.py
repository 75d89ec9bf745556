"""What the pages share: the opened stores, figures, colours, and text made safe to show."""
