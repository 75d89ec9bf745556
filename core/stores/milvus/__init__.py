"""Vectors in Milvus: collections, indexes, and what Milvus Lite needs."""
