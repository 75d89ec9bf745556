"""The web server around the dashboard: health, metrics, and what requests and pages may do.

Plain Starlette, without Streamlit: an API can be mounted beside these routes.
"""
