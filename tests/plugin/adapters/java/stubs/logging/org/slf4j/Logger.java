package org.slf4j;

/** A stub: see the README of the stubs. */
public interface Logger {
  void warn(String message);

  void warn(String format, Object argument);
}
