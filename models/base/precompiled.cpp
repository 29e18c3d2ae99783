// A unit must exist for the precompiled header to be built; the header is all that it holds.
