package com.barker;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import com.barker.lucene.AdFields;
import com.barker.lucene.BarkerQuery;
import com.barker.lucene.BarkerRescorer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;

public class RescorerTest {
  private static final BarkerQuery QUERY =
      new BarkerQuery(
          TestPage.QUERY,
          "anna",
          TestPage.KEYWORDS,
          Map.of("profile", List.of("gender=f")),
          0,
          0);

  private static Barker barker;
  private static TestIndex index;
  private static IndexSearcher searcher;
  private static TopDocs firstPass;

  private final List<BarkerException> failures = new ArrayList<>();

  @BeforeClass
  public static void open() throws Exception {
    Barker.loadBridge(TestPage.BRIDGE);
    barker = Barker.open(TestPage.LIBRARY, "");
    barker.loadWeights(TestPage.WEIGHTS);
    index = new TestIndex(TestIndex.Kind.LUCENE);
    searcher = index.searcher;
    firstPass = index.firstPass;
  }

  @AfterClass
  public static void close() throws IOException {
    index.close();
    barker.close();
  }

  private BarkerRescorer rescorer(Barker plugin) {
    return new BarkerRescorer(plugin, QUERY, new AdFields(), failures::add);
  }

  private void expectFirstPass(BarkerRescorer rescorer) throws IOException {
    final TopDocs best = rescorer.rescore(searcher, firstPass, 10);
    assertEquals(10, best.scoreDocs.length);
    for (int rank = 0; rank < 10; ++rank) {
      assertEquals(firstPass.scoreDocs[rank].doc, best.scoreDocs[rank].doc);
      assertEquals(firstPass.scoreDocs[rank].score, best.scoreDocs[rank].score, 0);
    }
    assertEquals(BarkerSession.BYPASSED, rescorer.status());
    assertEquals(0, rescorer.generation());
  }

  @Test
  public void orderScoresAndTitlesAreThoseOfTheLibrary() throws Exception {
    final List<TestPage.Answer> expected = TestPage.direct();
    final BarkerRescorer rescorer = rescorer(barker);
    final TopDocs best = rescorer.rescore(searcher, firstPass, 20);
    assertEquals(1234, best.totalHits.value);
    assertEquals(20, best.scoreDocs.length);
    assertEquals(BarkerSession.RESCORED, rescorer.status());
    final String[] titles = rescorer.titles(searcher, best.scoreDocs);
    for (int rank = 0; rank < 20; ++rank) {
      final TestPage.Answer ad = expected.get(rank);
      assertEquals(firstPass.scoreDocs[ad.ad()].doc, best.scoreDocs[rank].doc);
      assertEquals((float) ad.score(), best.scoreDocs[rank].score, 0);
      assertEquals(ad.title(), titles[rank]);
    }
    assertTrue(failures.isEmpty());
  }

  @Test
  public void docValuesOfOtherEnginesAreReadAsThoseOfLucene() throws Exception {
    final BarkerRescorer ours = rescorer(barker);
    final ScoreDoc[] best = ours.rescore(searcher, firstPass, 50).scoreDocs;
    final String[] titles = ours.titles(searcher, best);
    for (TestIndex.Kind kind : List.of(TestIndex.Kind.SOLR, TestIndex.Kind.OPENSEARCH)) {
      try (TestIndex other = new TestIndex(kind)) {
        final BarkerRescorer rescorer = rescorer(barker);
        final ScoreDoc[] found = rescorer.rescore(other.searcher, other.firstPass, 50).scoreDocs;
        for (int rank = 0; rank < best.length; ++rank) {
          assertEquals(kind + " " + rank, best[rank].doc, found[rank].doc);
          assertEquals(kind + " " + rank, best[rank].score, found[rank].score, 0);
        }
        assertArrayEquals("" + kind, titles, rescorer.titles(other.searcher, found));
      }
    }
    assertTrue(failures.isEmpty());
  }

  @Test
  public void theFirstPassIsLeftAsItWas() throws Exception {
    final ScoreDoc[] before = firstPass.scoreDocs.clone();
    rescorer(barker).rescore(searcher, firstPass, 50);
    assertArrayEquals(before, firstPass.scoreDocs);
    for (int ad = 0; ad < before.length; ++ad) {
      assertEquals((float) TestPage.firstPass(ad), before[ad].score, 0);
    }
  }

  @Test
  public void titlesOfOtherHitsAreTheSame() throws Exception {
    final BarkerRescorer rescorer = rescorer(barker);
    final ScoreDoc[] best = rescorer.rescore(searcher, firstPass, 10).scoreDocs;
    final String[] titles = rescorer.titles(searcher, best);
    final String[] one = rescorer.titles(searcher, new ScoreDoc[] {best[7]});
    assertEquals(titles[7], one[0]);
  }

  @Test
  public void explainTellsScoreAndTitle() throws Exception {
    final TestPage.Answer first = TestPage.direct().get(0);
    final ScoreDoc hit = firstPass.scoreDocs[first.ad()];
    final Explanation told =
        rescorer(barker).explain(searcher, Explanation.match(hit.score, "by hand"), hit.doc);
    assertTrue(told.isMatch());
    assertEquals((float) first.score(), told.getValue().floatValue(), 0);
    assertTrue(told.toString(), told.getDescription().contains(first.title()));
    assertTrue(told.toString(), told.toString().contains("by hand"));
  }

  @Test
  public void withoutAPluginTheFirstPassIsTheAnswer() throws Exception {
    final BarkerRescorer rescorer = rescorer(null);
    expectFirstPass(rescorer);
    assertNull(rescorer.titles(searcher, firstPass.scoreDocs)[0]);
    final Explanation given = Explanation.match(2.5f, "by hand");
    assertEquals(2.5f, rescorer.explain(searcher, given, 0).getValue().floatValue(), 0);
  }

  @Test
  public void aPluginWithoutWeightsGivesTheFirstPass() throws Exception {
    try (Barker empty = Barker.open(TestPage.LIBRARY, "")) {
      expectFirstPass(rescorer(empty));
    }
  }

  @Test
  public void aClosedPluginGivesTheFirstPassAndSaysSo() throws Exception {
    final Barker closed = Barker.open(TestPage.LIBRARY, "");
    closed.close();
    expectFirstPass(rescorer(closed));
    assertEquals("the plugin is closed", failures.get(0).getMessage());
  }

  @Test
  public void anEmptyFirstPassStaysEmpty() throws Exception {
    final TopDocs none =
        new TopDocs(new TotalHits(0, TotalHits.Relation.EQUAL_TO), new ScoreDoc[0]);
    assertEquals(0, rescorer(barker).rescore(searcher, none, 10).scoreDocs.length);
  }

  @Test
  public void documentsWithoutFieldsAreRescoredWithEmptyTexts() throws Exception {
    final AdFields other = new AdFields("a", "b", "c", "d", "e", "f");
    final BarkerRescorer rescorer = new BarkerRescorer(barker, QUERY, other, failures::add);
    assertEquals(50, rescorer.rescore(searcher, firstPass, 50).scoreDocs.length);
    assertEquals("", rescorer.titles(searcher, firstPass.scoreDocs)[3]);
    assertTrue(failures.isEmpty());
  }
}
