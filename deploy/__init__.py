"""What a deployment with containers needs beside the dashboard."""
