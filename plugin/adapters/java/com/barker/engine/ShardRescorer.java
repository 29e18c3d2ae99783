package com.barker.engine;

import com.barker.Barker;
import com.barker.BarkerException;
import com.barker.BarkerSession;
import com.barker.lucene.BarkerRescorer;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;

/**
 * One request on one shard, as the query phase and the fetch phase of an engine ask for it. One
 * thread at a time; the phases may be of different threads. Whatever fails in the plugin is told to
 * the consumer, and the first pass stays.
 */
public final class ShardRescorer {
  private final BarkerRescorer rescorer;

  /** A barker of null: there is no plugin. */
  public ShardRescorer(Barker barker, RescoreRequest request, Consumer<BarkerException> failed) {
    rescorer = new BarkerRescorer(barker, request.toQuery(), request.fields(), failed);
  }

  /**
   * All hits: the best `window` of the first pass in the order of the plugin, and the others behind
   * them. Engines merge the hits of shards by their scores and expect them to be sorted, so that
   * the scores of the others are brought below the least of the window, in their order. Where the
   * plugin did not answer, the first pass as it was.
   */
  public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int window)
      throws IOException {
    final ScoreDoc[] hits = firstPass.scoreDocs;
    final int count = Math.min(window, hits.length);
    if (count <= 0) return firstPass;
    final TopDocs front = new TopDocs(firstPass.totalHits, Arrays.copyOf(hits, count));
    final ScoreDoc[] best = rescorer.rescore(searcher, front, count).scoreDocs;
    if (rescorer.status() == BarkerSession.BYPASSED) return firstPass;
    final ScoreDoc[] all = Arrays.copyOf(best, hits.length);
    final float least = best[count - 1].score;
    for (int i = count; i < hits.length; ++i) {
      final float share = hits[count].score > 0 ? hits[i].score / hits[count].score : 0;
      all[i] =
          new ScoreDoc(hits[i].doc, least * Math.max(0, Math.min(1, share)), hits[i].shardIndex);
    }
    return new TopDocs(firstPass.totalHits, all);
  }

  /** The title of one document, HTML; null: the merchant's title is to be shown, escaped. */
  public String title(IndexSearcher searcher, int document) throws IOException {
    // Neither the score of the first pass nor other ads change a title.
    return rescorer.titles(searcher, new ScoreDoc[] {new ScoreDoc(document, 1)})[0];
  }

  public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
      throws IOException {
    return rescorer.explain(searcher, firstPass, document);
  }
}
