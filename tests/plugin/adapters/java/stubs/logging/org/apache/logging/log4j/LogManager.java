package org.apache.logging.log4j;

/** A stub: see the README of the stubs. */
public class LogManager {
  public static Logger getLogger(Class<?> named) {
    return new Logger() {
      @Override
      public void warn(String message) {
        System.err.println(message);
      }

      @Override
      public void warn(String message, Object p0) {
        System.err.println(message.replace("{}", String.valueOf(p0)));
      }
    };
  }
}
