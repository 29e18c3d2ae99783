package com.barker.opensearch;

import java.io.IOException;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.opensearch.common.document.DocumentField;
import org.opensearch.search.fetch.FetchContext;
import org.opensearch.search.fetch.FetchSubPhase;
import org.opensearch.search.fetch.FetchSubPhaseProcessor;
import org.opensearch.search.rescore.RescoreContext;

/**
 * Writes the titles of the hits that are shown: the field "barker_title", HTML. A search without
 * the rescorer "barker" is left alone, and so is a hit for which the plugin did not answer.
 */
public final class BarkerTitlePhase implements FetchSubPhase {
  /** The field of a hit. */
  public static final String FIELD = "barker_title";

  @Override
  public FetchSubPhaseProcessor getProcessor(FetchContext fetch) {
    for (RescoreContext context : fetch.rescore()) {
      if (context instanceof BarkerRescorerBuilder.Context ours) return new Titles(fetch, ours);
    }
    return null;
  }

  private static final class Titles implements FetchSubPhaseProcessor {
    private final FetchContext fetch;
    private final BarkerRescorerBuilder.Context ours;

    Titles(FetchContext fetch, BarkerRescorerBuilder.Context ours) {
      this.fetch = fetch;
      this.ours = ours;
    }

    @Override
    public void setNextReader(LeafReaderContext leaf) {}

    @Override
    public void process(FetchSubPhase.HitContext hit) throws IOException {
      final int document = hit.readerContext().docBase + hit.docId();
      final String title = ours.shard.title(fetch.searcher(), document);
      if (title != null) {
        hit.hit().setDocumentField(FIELD, new DocumentField(FIELD, List.of(title)));
      }
    }
  }
}
