"""What a sample can say about what it was drawn from: nothing here knows of sessions or trades."""
