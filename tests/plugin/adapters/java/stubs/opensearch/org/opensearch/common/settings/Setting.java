package org.opensearch.common.settings;

import java.util.function.Function;

/** A stub: see the README of the stubs. */
public class Setting<T> {
  public enum Property {
    NodeScope
  }

  private final String name;
  private final T usual;
  private final Function<String, T> parse;

  private Setting(String name, T usual, Function<String, T> parse) {
    this.name = name;
    this.usual = usual;
    this.parse = parse;
  }

  public static Setting<String> simpleString(String name, Property... properties) {
    return new Setting<>(name, "", text -> text);
  }

  public static Setting<Long> longSetting(
      String name, long usual, long least, Property... properties) {
    return new Setting<>(name, usual, Long::valueOf);
  }

  public T get(Settings settings) {
    final String text = settings.get(name);
    return text == null ? usual : parse.apply(text);
  }
}
