package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairTokenizerTest {
  private static final String TEXT =
      """
      the cat sat on the mat. The cat's hat isn't that flat; they'll chat.
          int total = total + the.other();   // naïve — 日本語 🤖🤖
      """;

  private static final BytePairTokenizer TOKENIZER = new BytePairTraining(270).add(TEXT).train();

  private static List<String> pieces(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var pieces = new PreTokens(bytes, 0, bytes.length);
    var found = new ArrayList<String>();
    while (pieces.advance()) {
      found.add(
          new String(bytes, pieces.start(), pieces.end() - pieces.start(), StandardCharsets.UTF_8));
    }
    return found;
  }

  @Test
  void cutsTextAsGpt2Does() {
    assertThat(pieces("It's we'll  x1\n\n y ½ '' \t z  "))
        .containsExactly(
            "It", "'s", " we", "'ll", " ", " x", "1", "\n\n", " y", " ½", " ''", " \t", " z", "  ");
    assertThat(pieces("a\u00a0b \u3000é日本 🤖!?"))
        .containsExactly("a", "\u00a0", "b", " ", "\u3000", "é日本", " 🤖!?");
  }

  @Test
  void cutsAsTheRegularExpressionDoes() {
    var expression =
        Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);
    String[] parts = {
      "a", "é", "日", "7", "½", " ", " ", "\n", "\t", "\u00a0", "'", "s", "ll", "re", "!", "🤖",
      "\u0301", "\u200d", "\u2003"
    };
    var random = new SplittableRandom(5);
    for (int n = 0; n < 2000; n++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      List<String> expected = expression.matcher(text).results().map(MatchResult::group).toList();
      assertThat(pieces(text.toString())).as(text.toString()).isEqualTo(expected);
    }
  }

  /** Made with HuggingFace's tokenizers 0.23.2: BpeTrainer and ByteLevel, the same settings. */
  @Test
  void trainsAndEncodesAsHuggingFaceDoes() {
    assertThat(
            TOKENIZER.merges().stream().map(m -> TOKENIZER.name(m[0]) + " " + TOKENIZER.name(m[1])))
        .containsExactly(
            "a t", "h e", "Ġ t", "h at", "o t", "Ġ c", "Ġ Ġ", "Ġt he", "a l", "¤ ĸ", "ð Ł", "Ġ i",
            "Ġt ot");
    assertThat(TOKENIZER.encode("  that naïve cat's 日本🤖\n"))
        .containsExactly(
            221, 259, 260, 221, 78, 65, 128, 108, 86, 69, 262, 257, 7, 83, 221, 163, 246, 99, 163,
            251, 106, 267, 266, 199);
    assertThat(TOKENIZER.encode("\tIt'll flat-out isn't\r\n\n x"))
        .containsExactly(
            198, 41, 84, 7, 76, 76, 221, 70, 76, 257, 13, 79, 85, 84, 268, 83, 78, 7, 84, 202, 199,
            199, 221, 88);
  }

  @Test
  void mergesTheMostFrequentPairFirstOfEqualsTheLowest() {
    // "abab" three times, "bc" four times: (a,b) 6 times, then (ab,ab) 3 times, (b,c) 4 times.
    var trained =
        new BytePairTraining(256 + 3, 2, List.of()).add("abab.abab.abab.bc.bc.bc.bc").train();
    int a = trained.encode("a")[0];
    int b = trained.encode("b")[0];
    int c = trained.encode("c")[0];
    assertThat(trained.merges().get(0)).containsExactly(a, b);
    assertThat(trained.merges().get(1)).containsExactly(b, c);
    assertThat(trained.merges().get(2)).containsExactly(256, 256);
    assertThat(trained.encode("ababc")).containsExactly(258, c);
  }

  @Test
  void stopsWhenNoPairIsFrequentEnough() {
    var trained = new BytePairTraining(1000, 3, List.of()).add("xyxyxyz").train();
    assertThat(trained.vocabularySize()).isEqualTo(257);
    assertThat(trained.encode("xyz")).hasSize(2);
  }

  /** The plain algorithm: counts everything anew for each merge. */
  @Test
  void trainsWhatCountingAnewGives() {
    var words = new ArrayList<List<Integer>>();
    for (String piece : pieces(TEXT)) {
      words.add(
          new ArrayList<>(
              Arrays.stream(new BytePairTraining(256, 1, List.of()).add("x").train().encode(piece))
                  .boxed()
                  .toList()));
    }
    var trained = new BytePairTraining(300, 2, List.of()).add(TEXT).train();
    for (int i = 0; i < trained.merges().size(); i++) {
      var counts = new TreeMap<Long, Integer>();
      for (List<Integer> word : words) {
        for (int j = 0; j + 1 < word.size(); j++) {
          counts.merge((long) word.get(j) << 32 | word.get(j + 1), 1, Integer::sum);
        }
      }
      long best = counts.firstKey();
      for (var e : counts.entrySet()) {
        best = e.getValue() > counts.get(best) ? e.getKey() : best;
      }
      int left = (int) (best >> 32);
      int right = (int) best;
      assertThat(trained.merges().get(i)).containsExactly(left, right);
      for (List<Integer> word : words) {
        for (int j = 0; j + 1 < word.size(); j++) {
          if (word.get(j) == left && word.get(j + 1) == right) {
            word.set(j, 256 + i);
            word.remove(j + 1);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "the cat", TEXT, "\0\u0001\uffff", "e\u0301🤖\u200d", "\r\n\r\n  x  "})
  void textComesBackAsItWas(String text) {
    assertThat(TOKENIZER.decode(TOKENIZER.encode(text))).isEqualTo(text);
  }

  @Test
  void anyBytesComeBackAsTheyWere() {
    var random = new SplittableRandom(1);
    for (int n = 0; n < 300; n++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      assertThat(TOKENIZER.decodeBytes(TOKENIZER.encode(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  @Timeout(20)
  void longRowsOfOneCharacterAreMergedQuickly() {
    var trained = new BytePairTraining(270, 1, List.of()).add("a".repeat(64)).train();
    String text = "a".repeat(500_000);
    int[] tokens = trained.encode(text);
    assertThat(tokens.length).isLessThan(text.length() / 32);
    assertThat(trained.decode(tokens)).isEqualTo(text);
  }

  @Test
  void specialTokensAreFoundOnlyWhenAskedFor() {
    int end = TOKENIZER.specialToken(BytePairTokenizer.END_OF_TEXT);
    assertThat(end).isZero();
    String text = "the<|endoftext|>cat";
    assertThat(TOKENIZER.encode(text)).doesNotContain(end);
    int[] with = TOKENIZER.encodeWithSpecialTokens(text + "<|endoftext|>");
    assertThat(Arrays.stream(with).filter(t -> t == end).count()).isEqualTo(2);
    assertThat(TOKENIZER.decode(with)).isEqualTo(text + "<|endoftext|>");
  }

  @Test
  void goesThroughTokenizerJson(@TempDir Path folder) {
    TOKENIZER.save(folder.resolve("tokenizer.json"));
    var loaded = (BytePairTokenizer) Tokenizer.load(folder.resolve("tokenizer.json"));
    assertThat(loaded.encode(TEXT)).isEqualTo(TOKENIZER.encode(TEXT));
    assertThat(loaded.toJson()).isEqualTo(TOKENIZER.toJson());
    assertThat(loaded.specialTokens()).containsExactly(Map.entry("<|endoftext|>", 0));
  }

  @Test
  void readsMergesAsPairsOfNames() {
    String json =
        TOKENIZER
            .toJson()
            .replaceAll("\"([^\" ]+) ([^\" ]+)\"(,?\\s*\n|\\s*])", "[\"$1\",\"$2\"]$3");
    assertThat(json).contains("[\"");
    assertThat(Tokenizer.parse(json, "f").encode(TEXT)).isEqualTo(TOKENIZER.encode(TEXT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"type\" : \"BPE\"|\"type\" : \"Unigram\"|not supported yet: a tokenizer of type Unigram",
        "\"add_prefix_space\" : false|\"add_prefix_space\" : true|not supported yet: a pre-tok",
        "\"normalizer\" : null|\"normalizer\" : {\"type\":\"NFC\"}|not supported yet: \"normal",
        "\"dropout\" : null|\"dropout\" : 0.1|not supported yet: \"dropout\": 0.1",
        "\"byte_fallback\" : false|\"byte_fallback\" : true|not supported yet: byte_fallback",
        "\"vocab\"|\"words\"|is no tokenizer: it lacks",
        "\"a\" : 65|\"aa\" : 65|no token for the byte 0x61 (\"a\")",
        "\"a\" : 65|\"a\" : 67|the numbers of the 270 tokens are not 0 to 269, each once",
        "\"h e\"|\"h q e\"|\"h q e\" is no pair of tokens to merge",
        "\"h e\"|\"h \u0400\"|\"\u0400\" occurs among the merges, but is no token",
      })
  void refusesDocumentsThatMeanSomethingElse(String change) {
    String[] parts = change.split("\\|", 3);
    String json = TOKENIZER.toJson();
    assertThat(json).contains(parts[0]);
    String changed = json.replace(parts[0], parts[1]);
    assertThatThrownBy(() -> Tokenizer.parse(changed, "f"))
        .hasMessageStartingWith("f: ")
        .hasMessageContaining(parts[2]);
  }

  @Test
  void refusesWhatCannotBeTrainedOrCoded() {
    assertThatThrownBy(() -> new BytePairTraining(300, 1, List.of("<|a|>", "<|a|>")))
        .hasMessage("a special token is named twice: [<|a|>, <|a|>]");
    assertThatThrownBy(() -> new BytePairTraining(256))
        .hasMessage(
            "a byte-pair vocabulary needs at least 257 tokens (256 bytes and 1 special ones), not"
                + " 256");
    assertThatThrownBy(() -> new BytePairTraining(300).train())
        .hasMessage("byte pairs cannot be trained without any text");
    assertThatThrownBy(() -> new BytePairTraining(300, 2, List.of("end")))
        .hasMessageStartingWith("the special token \"end\" could be taken for a word");
    assertThatThrownBy(() -> TOKENIZER.decode(270))
        .hasMessage("270 is no token; the vocabulary has 0 to 269");
    assertThatThrownBy(() -> TOKENIZER.encode("\ud83e"))
        .hasMessage("the text holds half a surrogate pair and has no UTF-8");
    assertThatThrownBy(() -> TOKENIZER.specialToken("<pad>"))
        .hasMessage("<pad> is no special token; there are [<|endoftext|>]");
  }
}
