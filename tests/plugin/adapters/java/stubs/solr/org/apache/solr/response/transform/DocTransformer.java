package org.apache.solr.response.transform;

import java.io.IOException;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.response.ResultContext;

/** A stub: see the README of the stubs. */
public abstract class DocTransformer {
  protected ResultContext context;

  public abstract String getName();

  public void setContext(ResultContext context) {
    this.context = context;
  }

  public boolean needsSolrIndexSearcher() {
    return false;
  }

  public abstract void transform(SolrDocument doc, int docid) throws IOException;
}
