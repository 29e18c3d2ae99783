package org.elasticsearch;

/** A stub: see the README of the stubs. */
public record TransportVersion(int id) {}
