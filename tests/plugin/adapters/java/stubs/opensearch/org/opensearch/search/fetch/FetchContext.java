package org.opensearch.search.fetch;

import java.util.List;
import org.opensearch.search.internal.ContextIndexSearcher;
import org.opensearch.search.rescore.RescoreContext;

/** A stub: see the README of the stubs. */
public class FetchContext {
  private final ContextIndexSearcher searcher;
  private final List<RescoreContext> rescore;

  /** Of the stub alone. */
  public FetchContext(ContextIndexSearcher searcher, List<RescoreContext> rescore) {
    this.searcher = searcher;
    this.rescore = rescore;
  }

  public ContextIndexSearcher searcher() {
    return searcher;
  }

  public List<RescoreContext> rescore() {
    return rescore;
  }
}
