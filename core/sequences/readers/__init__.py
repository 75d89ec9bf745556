"""Readers: the rows of FASTA, FASTQ, tables, Excel sheets and archives."""
