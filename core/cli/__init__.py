"""Command line: one module for each group of commands.

The modules declare the commands. What a command runs is imported when it runs, so that help, shell
completion, bad usage and bad input are answered without it.
"""
