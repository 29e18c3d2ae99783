package org.elasticsearch;

/** A stub: see the README of the stubs. */
public class TransportVersions {
  public static final TransportVersion ZERO = new TransportVersion(0);
}
