package org.opensearch.search.rescore;

/** A stub: see the README of the stubs. */
public class RescoreContext {
  private final int windowSize;
  private final Rescorer rescorer;

  public RescoreContext(int windowSize, Rescorer rescorer) {
    this.windowSize = windowSize;
    this.rescorer = rescorer;
  }

  public Rescorer rescorer() {
    return rescorer;
  }

  public int getWindowSize() {
    return windowSize;
  }
}
