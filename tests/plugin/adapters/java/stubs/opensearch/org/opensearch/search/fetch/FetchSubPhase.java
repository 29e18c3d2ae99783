package org.opensearch.search.fetch;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;
import org.opensearch.search.SearchHit;

/** A stub: see the README of the stubs. */
public interface FetchSubPhase {
  class HitContext {
    private final SearchHit hit;
    private final LeafReaderContext readerContext;
    private final int docId;

    /** Of the stub alone. */
    public HitContext(SearchHit hit, LeafReaderContext readerContext, int docId) {
      this.hit = hit;
      this.readerContext = readerContext;
      this.docId = docId;
    }

    public SearchHit hit() {
      return hit;
    }

    public LeafReaderContext readerContext() {
      return readerContext;
    }

    /** Of the segment. */
    public int docId() {
      return docId;
    }
  }

  FetchSubPhaseProcessor getProcessor(FetchContext fetchContext) throws IOException;
}
