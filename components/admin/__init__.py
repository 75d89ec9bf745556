"""The Admin page: what the deployment is made of, whether it works, and what it does."""
