package com.barker;

import com.barker.lucene.AdFields;
import com.barker.lucene.BarkerQuery;
import com.barker.lucene.BarkerRescorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoubleDocValuesField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * For bench/doors.py: rescores a page of ads out of a Lucene index again and again, and prints what
 * each call took and the last answer, a line each. The arguments are the page, calls that warm up,
 * and calls that count. The page has a query, a user, keywords and a group, one a line, then an ad
 * a line: title, selling points, bid and first-pass score, separated by tabs; lists by vertical
 * bars.
 */
final class DoorTimes {
  private DoorTimes() {}

  public static void main(String[] words) throws Exception {
    final List<String> lines = Files.readAllLines(Path.of(words[0]));
    final String[] group = lines.get(3).split(": ");
    final BarkerQuery query =
        new BarkerQuery(
            lines.get(0),
            lines.get(1),
            List.of(lines.get(2).split("\\|")),
            Map.of(group[0], List.of(group[1].split("\\|"))),
            0,
            0);
    final List<ScoreDoc> hits = new ArrayList<>();
    final ByteBuffersDirectory directory = new ByteBuffersDirectory();
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      for (String line : lines.subList(4, lines.size())) {
        final String[] ad = line.split("\t");
        final Document document = new Document();
        document.add(new BinaryDocValuesField("title", new BytesRef(ad[0])));
        document.add(
            new BinaryDocValuesField("selling_points", new BytesRef(ad[1].replace('|', '\n'))));
        document.add(new DoubleDocValuesField("bid", Double.parseDouble(ad[2])));
        writer.addDocument(document);
        hits.add(new ScoreDoc(hits.size(), Float.parseFloat(ad[3])));
      }
    }
    Barker.loadBridge(TestPage.BRIDGE);
    try (Barker barker = Barker.open(TestPage.LIBRARY, "");
        DirectoryReader reader = DirectoryReader.open(directory)) {
      barker.loadWeights(TestPage.WEIGHTS);
      final TopDocs firstPass =
          new TopDocs(
              new TotalHits(hits.size(), TotalHits.Relation.EQUAL_TO),
              hits.toArray(new ScoreDoc[0]));
      final IndexSearcher searcher = new IndexSearcher(reader);
      run(barker, query, searcher, firstPass, Integer.parseInt(words[1]), 0);
      run(barker, query, searcher, firstPass, 0, Integer.parseInt(words[2]));
    }
  }

  private static void run(
      Barker barker, BarkerQuery query, IndexSearcher searcher, TopDocs hits, int warm, int calls)
      throws IOException {
    final long[] took = new long[warm + calls];
    ScoreDoc[] best = null;
    String[] titles = null;
    for (int call = 0; call < took.length; ++call) {
      final long begin = System.nanoTime();
      final BarkerRescorer rescorer =
          new BarkerRescorer(
              barker,
              query,
              new AdFields(),
              failure -> {
                throw new IllegalStateException(failure);
              });
      best = rescorer.rescore(searcher, hits, hits.scoreDocs.length).scoreDocs;
      titles = rescorer.titles(searcher, best);
      took[call] = System.nanoTime() - begin;
    }
    if (calls == 0) return;
    for (long time : took) System.out.println(time / 1e3);
    for (int rank = 0; rank < best.length; ++rank) {
      System.out.println(best[rank].doc + "\t" + best[rank].score + "\t" + titles[rank]);
    }
  }
}
