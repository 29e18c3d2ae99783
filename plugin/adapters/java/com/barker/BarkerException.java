package com.barker;

/** A call that the plugin or its library refused. The message is the plugin's own. */
public final class BarkerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** BARKER_E_* of plugin/barker.h; 0 where the bridge itself could not be loaded. */
  private final int code;

  BarkerException(int code, String message) {
    super(message);
    this.code = code;
  }

  BarkerException(String message, Throwable cause) {
    super(message, cause);
    this.code = 0;
  }

  public int code() {
    return code;
  }
}
