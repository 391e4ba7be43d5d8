"""What the tests on real engines share: a stack of one's own, conversations with it, load on it, faults in it."""
