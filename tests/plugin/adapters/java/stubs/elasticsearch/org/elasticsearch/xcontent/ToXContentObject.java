package org.elasticsearch.xcontent;

/** A stub: see the README of the stubs. */
public interface ToXContentObject extends ToXContent {}
