package org.slf4j;

/** A stub: see the README of the stubs. */
public final class LoggerFactory {
  public static Logger getLogger(Class<?> named) {
    return new Logger() {
      @Override
      public void warn(String message) {
        System.err.println(message);
      }

      @Override
      public void warn(String format, Object argument) {
        System.err.println(format.replace("{}", String.valueOf(argument)));
      }
    };
  }
}
