package org.opensearch.common.settings;

import java.util.Map;

/** A stub: see the README of the stubs. */
public final class Settings {
  private final Map<String, String> values;

  /** Of the stub alone. */
  public Settings(Map<String, String> values) {
    this.values = values;
  }

  public String get(String name) {
    return values.get(name);
  }
}
