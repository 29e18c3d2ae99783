package org.apache.solr.search;

import org.apache.lucene.search.Query;

/** A stub: see the README of the stubs. */
public abstract class RankQuery extends Query {
  public abstract RankQuery wrap(Query mainQuery);

  /** Of ExtendedQueryBase in Solr. */
  public boolean getCache() {
    return true;
  }
}
