package com.barker.solr;

import com.barker.engine.RescoreRequest;
import com.barker.engine.ShardRescorer;
import java.io.IOException;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.response.transform.DocTransformer;
import org.apache.solr.response.transform.TransformerFactory;

/**
 * [barker] in fl, such as {@code fl=id,barker_title:[barker]}: the title of each document that is
 * shown, HTML. A search without the parser is left alone, and so is a document for which the plugin
 * did not answer.
 */
public final class BarkerTitleFactory extends TransformerFactory {
  @Override
  public DocTransformer create(String field, SolrParams params, SolrQueryRequest search) {
    return new Titles(field, search);
  }

  private static final class Titles extends DocTransformer {
    private final String field;
    private final SolrQueryRequest search;
    private ShardRescorer shard;

    Titles(String field, SolrQueryRequest search) {
      this.field = field;
      this.search = search;
    }

    @Override
    public String getName() {
      return field;
    }

    @Override
    public boolean needsSolrIndexSearcher() {
      return true;
    }

    @Override
    public void transform(SolrDocument document, int number) throws IOException {
      if (shard == null) {
        final Object request = search.getContext().get(BarkerParserPlugin.CONTEXT);
        if (!(request instanceof RescoreRequest ours)) return;
        shard = BarkerParserPlugin.shard(ours);
      }
      final String title = shard.title(context.getSearcher(), number);
      if (title != null) document.setField(field, title);
    }
  }
}
