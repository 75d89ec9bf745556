"""Stores: vectors in Milvus, labels in MySQL or SQLite. They know nothing of DNA."""
