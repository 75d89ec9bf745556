"""Vectors in Milvus: the connection, collections with their vectors, and indexes."""
