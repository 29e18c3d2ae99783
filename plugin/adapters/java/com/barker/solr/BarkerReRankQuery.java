package com.barker.solr;

import com.barker.engine.RescoreRequest;
import com.barker.engine.ShardRescorer;
import java.io.IOException;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.TopDocs;
import org.apache.solr.search.AbstractReRankQuery;

/** The rank query of one search: Solr finds the window with its main query and has it rescored. */
final class BarkerReRankQuery extends AbstractReRankQuery {
  private final RescoreRequest request;

  BarkerReRankQuery(RescoreRequest request, int window) {
    super(new MatchAllDocsQuery(), window, rescorer(request));
    this.request = request;
  }

  private static Rescorer rescorer(RescoreRequest request) {
    final ShardRescorer shard = BarkerParserPlugin.shard(request);
    return new Rescorer() {
      @Override
      public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int topN)
          throws IOException {
        return shard.rescore(searcher, firstPass, topN);
      }

      @Override
      public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
          throws IOException {
        return shard.explain(searcher, firstPass, document);
      }
    };
  }

  @Override
  protected Query rewrite(Query rewritten) {
    return new BarkerReRankQuery(request, reRankDocs).wrap(rewritten);
  }

  /** Weights change while the index does not, so that Solr must not keep answers. */
  @Override
  public boolean getCache() {
    return false;
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && mainQuery.equals(((BarkerReRankQuery) other).mainQuery)
        && request.equals(((BarkerReRankQuery) other).request)
        && reRankDocs == ((BarkerReRankQuery) other).reRankDocs;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * (31 * classHash() + mainQuery.hashCode()) + request.hashCode()) + reRankDocs;
  }

  @Override
  public String toString(String field) {
    return "{!barker reRankDocs=" + reRankDocs + " query='" + request.query() + "'}";
  }
}
