package com.barker.elasticsearch;

import com.barker.engine.BarkerNode;
import java.nio.file.Path;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.SearchPlugin;
import org.elasticsearch.search.fetch.FetchSubPhase;

/**
 * barker inside of Elasticsearch: the rescorer "barker" of a search and the field "barker_title" of
 * its hits. Written against the API of Elasticsearch 8.15, without having been compiled against it:
 * see ENGINES.md.
 */
public final class BarkerPlugin extends Plugin implements SearchPlugin {
  static final Logger LOG = LogManager.getLogger(BarkerPlugin.class);

  private static final Setting<String> BRIDGE = path("barker.bridge");
  private static final Setting<String> LIBRARY = path("barker.library");
  private static final Setting<String> CONFIG = path("barker.config");
  private static final Setting<String> WEIGHTS = path("barker.weights");
  private static final Setting<Long> FOLLOW_MS =
      Setting.longSetting("barker.follow_ms", 1000, 0, Setting.Property.NodeScope);

  private final BarkerNode node;

  /** Called by the node when it starts. */
  @SuppressWarnings("removal") // Elasticsearch 8 runs plugins under a security manager.
  public BarkerPlugin(Settings settings) {
    final String config = CONFIG.get(settings);
    final BarkerNode.Places places =
        new BarkerNode.Places(
            Path.of(BRIDGE.get(settings)),
            Path.of(LIBRARY.get(settings)),
            config.isEmpty() ? null : Path.of(config),
            Path.of(WEIGHTS.get(settings)),
            FOLLOW_MS.get(settings));
    node =
        AccessController.doPrivileged(
            (PrivilegedAction<BarkerNode>) () -> BarkerNode.start(places, LOG::warn));
  }

  private static Setting<String> path(String name) {
    return Setting.simpleString(name, Setting.Property.NodeScope);
  }

  @Override
  public List<Setting<?>> getSettings() {
    return List.of(BRIDGE, LIBRARY, CONFIG, WEIGHTS, FOLLOW_MS);
  }

  @Override
  public List<RescorerSpec<?>> getRescorers() {
    return List.of(
        new RescorerSpec<>(
            BarkerRescorerBuilder.NAME,
            in -> new BarkerRescorerBuilder(in, node),
            parser -> BarkerRescorerBuilder.fromXContent(parser, node)));
  }

  @Override
  public List<FetchSubPhase> getFetchSubPhases(FetchPhaseConstructionContext context) {
    return List.of(new BarkerTitlePhase());
  }

  @Override
  public void close() {
    node.close();
  }
}
