"""Cleaned data sets, and other tools' formats."""
