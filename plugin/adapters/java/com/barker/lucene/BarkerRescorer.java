package com.barker.lucene;

import com.barker.Barker;
import com.barker.BarkerException;
import com.barker.BarkerSession;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;

/**
 * Orders the hits of a first pass as the plugin does, all of them in one call, for one query of one
 * thread. {@link #titles} writes titles for the hits that are shown, which is what the fetch phase
 * does. Whatever fails in the plugin is told to {@code failed}, and the answer is the first pass
 * and the merchants' titles; without a plugin, too. IOException is the index's alone.
 */
public final class BarkerRescorer extends Rescorer {
  private static final int NO_TITLES = 1; // the fewest that a request can ask for: 0 means all

  private final Barker barker;
  private final BarkerQuery query;
  private final Consumer<BarkerException> failed;
  private final AdReader reader;
  private int status = BarkerSession.BYPASSED;
  private long generation;

  /** A barker of null: there is no plugin. */
  public BarkerRescorer(
      Barker barker, BarkerQuery query, AdFields fields, Consumer<BarkerException> failed) {
    this.barker = barker;
    this.query = query;
    this.failed = failed;
    this.reader = new AdReader(fields);
  }

  /** BarkerSession.RESCORED, PARTIAL or BYPASSED: how the last call was answered. */
  public int status() {
    return status;
  }

  /** The generation of weights that answered the last call; 0: none did. */
  public long generation() {
    return generation;
  }

  /**
   * The best topN of the hits. The score of a hit is barker's, rounded to float; the order is that
   * of the plugin, which compares doubles.
   */
  @Override
  public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int topN) throws IOException {
    final ScoreDoc[] hits = firstPass.scoreDocs;
    final int count = Math.min(topN, hits.length);
    final ScoreDoc[] best = new ScoreDoc[count];
    final BarkerSession answer = ask(searcher, hits, NO_TITLES);
    for (int rank = 0; rank < count; ++rank) {
      final ScoreDoc hit = hits[answer == null ? rank : answer.ad(rank)];
      final float score = answer == null ? hit.score : (float) answer.score(rank);
      best[rank] = new ScoreDoc(hit.doc, score, hit.shardIndex);
    }
    return new TopDocs(firstPass.totalHits, best);
  }

  /**
   * The titles of hits, in the order given: HTML with em around selling points. A title depends on
   * query, user and ad alone, so that it is the one of the whole page. An element is null where the
   * plugin did not answer: the merchant's title is to be shown, escaped.
   */
  public String[] titles(IndexSearcher searcher, ScoreDoc[] shown) throws IOException {
    final String[] titles = new String[shown.length];
    final BarkerSession answer = ask(searcher, shown, shown.length);
    if (answer == null) return titles;
    for (int rank = 0; rank < titles.length; ++rank) titles[answer.ad(rank)] = answer.title(rank);
    return titles;
  }

  @Override
  public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
      throws IOException {
    final float score = firstPass.getValue().floatValue();
    final BarkerSession answer = ask(searcher, new ScoreDoc[] {new ScoreDoc(document, score)}, 1);
    if (answer == null || status == BarkerSession.BYPASSED) {
      return Explanation.match(score, "barker was not asked: the first pass", firstPass);
    }
    final double pctr = answer.pctr(0);
    final Explanation predicted =
        Double.isNaN(pctr)
            ? Explanation.noMatch("the model predicts no pCTR")
            : Explanation.match(pctr, "pCTR: P(click | user, query, ad)");
    return Explanation.match(
        (float) answer.score(0),
        "barker, bid^a * pCTR^b * first pass^c, generation " + generation + ": " + answer.title(0),
        predicted,
        firstPass);
  }

  /** Null: the first pass is the answer. */
  private BarkerSession ask(IndexSearcher searcher, ScoreDoc[] hits, int shown)
      throws IOException {
    status = BarkerSession.BYPASSED;
    generation = 0;
    if (barker == null || hits.length == 0) return null;
    final BarkerSession session = barker.session();
    query.start(session);
    session.setShown(shown);
    final int[] documents = new int[hits.length];
    final double[] scores = new double[hits.length];
    for (int i = 0; i < hits.length; ++i) {
      documents[i] = hits[i].doc;
      scores[i] = hits[i].score;
    }
    reader.add(searcher, documents, scores, hits.length, session);
    try {
      session.rescore();
    } catch (BarkerException failure) {
      failed.accept(failure);
      return null;
    }
    status = session.status();
    generation = session.generation();
    return session;
  }
}
