package org.apache.logging.log4j;

/** A stub: see the README of the stubs. */
public interface Logger {
  void warn(String message);

  void warn(String message, Object p0);
}
