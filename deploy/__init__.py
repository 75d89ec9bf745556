"""Parts of a deployment with containers beside the dashboard."""
