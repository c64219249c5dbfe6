"""Numba arithmetic: floats and arrays in, floats and arrays out."""
