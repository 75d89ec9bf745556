"""Code that all pages share: services, session state, formatting, charts and jobs."""
