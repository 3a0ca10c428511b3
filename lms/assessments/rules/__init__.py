"""Assessments, decided without a database: what a question is, what an answer is worth, which
questions somebody is given, how long they have, what the answers of a class say about a question.
"""
