package com.barker;

import static org.junit.Assert.assertEquals;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.search.TopDocs;

/** The test page and its answer, for tests of engines in packages of their own. */
public final class EnginePage implements Closeable {
  public static final int ADS = TestPage.ADS;

  private final TestIndex index = new TestIndex(TestIndex.Kind.OPENSEARCH);
  private final List<TestPage.Answer> expected = TestPage.direct();

  public EnginePage() throws IOException, InterruptedException {}

  /** Settings of a node. */
  public static Map<String, String> settings() {
    return Map.of(
        "barker.bridge", TestPage.BRIDGE.toString(),
        "barker.library", TestPage.LIBRARY.toString(),
        "barker.weights", TestPage.WEIGHTS.toString());
  }

  public static Map<String, Object> body() {
    return EngineTest.body();
  }

  public DirectoryReader reader() {
    return index.reader;
  }

  public TopDocs firstPass() {
    return index.firstPass;
  }

  /** The order and scores of the library itself. */
  public void expectOrder(TopDocs found) {
    assertEquals(ADS, found.scoreDocs.length);
    for (int rank = 0; rank < ADS; ++rank) {
      final TestPage.Answer ad = expected.get(rank);
      assertEquals(index.firstPass.scoreDocs[ad.ad()].doc, found.scoreDocs[rank].doc);
      assertEquals((float) ad.score(), found.scoreDocs[rank].score, 0);
    }
  }

  public String title(int rank) {
    return expected.get(rank).title();
  }

  public double firstPassOfBest() {
    return TestPage.firstPass(expected.get(0).ad());
  }

  @Override
  public void close() throws IOException {
    index.close();
  }
}
