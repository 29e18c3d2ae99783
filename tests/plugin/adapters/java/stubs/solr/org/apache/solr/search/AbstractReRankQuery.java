package org.apache.solr.search;

import java.io.IOException;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.TopDocs;

/** A stub: see the README of the stubs. */
public abstract class AbstractReRankQuery extends RankQuery {
  protected Query mainQuery;
  protected final int reRankDocs;
  protected final Rescorer reRankQueryRescorer;

  public AbstractReRankQuery(Query mainQuery, int reRankDocs, Rescorer reRankQueryRescorer) {
    this.mainQuery = mainQuery;
    this.reRankDocs = reRankDocs;
    this.reRankQueryRescorer = reRankQueryRescorer;
  }

  @Override
  public RankQuery wrap(Query query) {
    if (query != null) mainQuery = query;
    return this;
  }

  @Override
  public Query rewrite(IndexReader reader) throws IOException {
    final Query rewritten = mainQuery.rewrite(reader);
    return rewritten == mainQuery ? super.rewrite(reader) : rewrite(rewritten);
  }

  protected abstract Query rewrite(Query rewrittenMainQuery) throws IOException;

  @Override
  public void visit(QueryVisitor visitor) {
    visitor.visitLeaf(this);
  }

  /** Of the stub alone: what Solr's collector calls. */
  public TopDocs rescored(IndexSearcher searcher, TopDocs firstPass) throws IOException {
    return reRankQueryRescorer.rescore(searcher, firstPass, firstPass.scoreDocs.length);
  }
}
