package org.elasticsearch.plugins;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.elasticsearch.common.settings.Setting;

/** A stub: see the README of the stubs. */
public abstract class Plugin implements Closeable {
  public List<Setting<?>> getSettings() {
    return List.of();
  }

  @Override
  public void close() throws IOException {}
}
