package com.barker.engine;

import com.barker.Barker;
import com.barker.BarkerException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The plugin of a node's process: it starts with the node, follows its weights and ends with it. A
 * node on which barker cannot start answers by its first pass. All methods may be called on any
 * thread.
 */
public final class BarkerNode implements Closeable {
  /**
   * Where things are.
   *
   * @param bridge libbarker_jni.so
   * @param library libbarker.so
   * @param config the plugin's configuration, TOML; null: none
   * @param weights a weight file, or a weights directory, whose CURRENT is followed
   * @param followMs how often CURRENT is looked at, in milliseconds; 0: never
   */
  public record Places(Path bridge, Path library, Path config, Path weights, long followMs) {}

  private final Places places;
  private final Consumer<String> log;
  private final Barker barker;
  private final Thread follower;
  private String current;

  private BarkerNode(Places places, Consumer<String> log, String config, String current) {
    this.places = places;
    this.log = log;
    this.current = current;
    this.barker =
        Barker.start(places.bridge(), places.library(), config, places.weights(), log)
            .orElse(null);
    this.follower =
        barker == null || places.followMs() == 0
            ? null
            : new Thread(this::follow, "barker weights");
  }

  /** Starts. Whatever fails, now and later, is told to {@code log}. */
  public static BarkerNode start(Places places, Consumer<String> log) {
    String config = "";
    try {
      if (places.config() != null) config = Files.readString(places.config());
    } catch (IOException failure) {
      // Another configuration than the one that was meant could show what must not be shown.
      log.accept("barker is off: cannot read " + places.config() + ": " + failure);
      return new BarkerNode();
    }
    final BarkerNode node = new BarkerNode(places, log, config, currentOf(places.weights()));
    if (node.follower != null) {
      node.follower.setDaemon(true);
      node.follower.start();
    }
    return node;
  }

  private BarkerNode() {
    places = null;
    log = null;
    barker = null;
    follower = null;
  }

  /** Empty: barker is off on this node. */
  public Optional<Barker> barker() {
    return Optional.ofNullable(barker);
  }

  /** Waits for the calls that run. */
  @Override
  public void close() {
    if (follower != null) {
      follower.interrupt();
      try {
        follower.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (barker != null) barker.close();
  }

  private void follow() {
    try {
      while (true) {
        Thread.sleep(places.followMs());
        final String now = currentOf(places.weights());
        if (now.equals(current)) continue;
        current = now; // also where it is refused, so that the log is told once
        try {
          log.accept("barker serves weights of generation " + barker.loadWeights(places.weights()));
        } catch (BarkerException failure) {
          log.accept("barker keeps its weights: " + failure.getMessage());
        }
      }
    } catch (InterruptedException closed) {
      return;
    }
  }

  /** What CURRENT of a weights directory says; empty where there is none. */
  private static String currentOf(Path weights) {
    try {
      return Files.readString(weights.resolve("CURRENT"));
    } catch (IOException none) {
      return "";
    }
  }
}
