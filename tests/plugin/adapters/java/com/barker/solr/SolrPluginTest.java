package com.barker.solr;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.barker.EnginePage;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.search.TopDocs;
import org.apache.solr.common.SolrDocument;
import org.apache.solr.common.SolrException;
import org.apache.solr.common.params.SolrParams;
import org.apache.solr.common.util.NamedList;
import org.apache.solr.request.SolrQueryRequest;
import org.apache.solr.response.ResultContext;
import org.apache.solr.response.transform.DocTransformer;
import org.apache.solr.search.SolrIndexSearcher;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;

/** A search of the test page through parser and transformer, against stubs of Solr. */
public class SolrPluginTest {
  private static final BarkerParserPlugin PLUGIN = new BarkerParserPlugin();
  private static EnginePage page;
  private static SolrIndexSearcher searcher;

  private final Map<Object, Object> context = new HashMap<>();
  private final SolrQueryRequest search = () -> context;

  @BeforeClass
  public static void open() throws Exception {
    final NamedList<Object> arguments = new NamedList<>();
    EnginePage.settings()
        .forEach((name, value) -> arguments.add(name.substring("barker.".length()), value));
    PLUGIN.init(arguments);
    page = new EnginePage();
    searcher = new SolrIndexSearcher(page.reader());
  }

  @AfterClass
  public static void close() throws IOException {
    page.close();
  }

  private BarkerReRankQuery parsed(Map<String, String> local) throws Exception {
    final SolrParams params =
        new SolrParams() {
          @Override
          public String get(String name) {
            return local.get(name);
          }
        };
    return (BarkerReRankQuery) PLUGIN.createParser("", params, params, search).parse();
  }

  /** Without groups, which have no parameter. */
  private static Map<String, String> anna() {
    return new HashMap<>(
        Map.of(
            "query", "running shoes 跑步鞋",
            "user", "anna",
            "user_keywords", "hiking boots|防水|waterproof"));
  }

  @Test
  public void aSearchIsRescoredAndItsDocumentsHaveTitles() throws Exception {
    final TopDocs found = parsed(anna()).rescored(searcher, page.firstPass());
    assertEquals(EnginePage.ADS, found.scoreDocs.length);
    assertNotEquals(page.firstPass().scoreDocs[0].doc, found.scoreDocs[0].doc);
    final DocTransformer titles = transformer();
    assertTrue(titles.needsSolrIndexSearcher());
    int rewritten = 0;
    for (int rank = 0; rank < 10; ++rank) {
      final SolrDocument document = new SolrDocument();
      titles.transform(document, found.scoreDocs[rank].doc);
      final String title = (String) document.getFieldValue("barker_title");
      if (title.contains("<em>")) ++rewritten;
    }
    assertTrue("" + rewritten, rewritten > 5);
  }

  @Test
  public void aSearchWithoutTheParserIsLeftAlone() throws Exception {
    final SolrDocument document = new SolrDocument();
    transformer().transform(document, 0);
    assertNull(document.getFieldValue("barker_title"));
  }

  private DocTransformer transformer() {
    final DocTransformer titles = new BarkerTitleFactory().create("barker_title", null, search);
    titles.setContext(
        new ResultContext() {
          @Override
          public SolrIndexSearcher getSearcher() {
            return searcher;
          }
        });
    return titles;
  }

  @Test
  public void queriesOfEqualRequestsAreEqualAndAreNotCached() throws Exception {
    assertEquals(parsed(anna()), parsed(anna()));
    assertEquals(parsed(anna()).hashCode(), parsed(anna()).hashCode());
    assertFalse(parsed(anna()).getCache());
    for (Map.Entry<String, String> other :
        Map.of("query", "tent", "user", "ben", "seed", "3", "reRankDocs", "9").entrySet()) {
      final Map<String, String> changed = anna();
      changed.put(other.getKey(), other.getValue());
      assertNotEquals(other.getKey(), parsed(anna()), parsed(changed));
    }
  }

  @Test
  public void aSearchWithoutAQueryIsRefused() {
    final SolrException refused =
        assertThrows(SolrException.class, () -> parsed(Map.of("user", "anna")));
    assertEquals("barker: query: missing", refused.getMessage());
  }
}
