"""What all pages share: services, session state, formatting, charts and jobs."""
