package org.elasticsearch.search.fetch;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;

/** A stub: see the README of the stubs. */
public interface FetchSubPhaseProcessor {
  void setNextReader(LeafReaderContext readerContext) throws IOException;

  void process(FetchSubPhase.HitContext hitContext) throws IOException;

  StoredFieldsSpec storedFieldsSpec();
}
