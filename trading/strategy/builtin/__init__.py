"""Strategies that come with the house; none of them claims an edge."""
