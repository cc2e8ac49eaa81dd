package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CharacterTokenizerTest {
  @Test
  void tokensAreTheTextsCharactersAscending() {
    var tokenizer = CharacterTokenizer.of("hello 🤖\n");
    assertThat(tokenizer.vocabularySize()).isEqualTo(7);
    assertThat(tokenizer.encode("\n ehlo🤖")).containsExactly(0, 1, 2, 3, 4, 5, 6);
    assertThat(tokenizer.decode(tokenizer.encode("hole 🤖"))).isEqualTo("hole 🤖");
  }

  @Test
  void refusesUnknownCharactersAndTokens() {
    var tokenizer = CharacterTokenizer.of("abc");
    assertThatThrownBy(() -> tokenizer.encode("aé"))
        .hasMessage(
            "character 1 of the text, é (U+00E9), is not among the 3 characters of the tokenizer");
    assertThatThrownBy(() -> tokenizer.decode(3))
        .hasMessage("3 is no token; the vocabulary has 0 to 2");
    assertThatThrownBy(() -> CharacterTokenizer.of("")).hasMessageContaining("at least one");
  }

  @Test
  void goesThroughAFile(@TempDir Path folder) {
    var tokenizer = CharacterTokenizer.of("some \"text\" 🤖");
    tokenizer.save(folder.resolve("t.json"));
    Tokenizer loaded = Tokenizer.load(folder.resolve("t.json"));
    assertThat(loaded.encode("some🤖")).isEqualTo(tokenizer.encode("some🤖"));
    assertThat(loaded.toJson()).isEqualTo(tokenizer.toJson());
  }

  @Test
  void refusesDamagedDocuments(@TempDir Path folder) {
    assertThatThrownBy(() -> Tokenizer.load(folder.resolve("no.json")))
        .hasMessageEndingWith("no.json: there is no such file");
    assertThatThrownBy(() -> Tokenizer.parse("{", "f")).hasMessageStartingWith("f: is no JSON: ");
    assertThatThrownBy(() -> Tokenizer.parse("[]", "f")).hasMessage("f: is no JSON object");
    assertThatThrownBy(() -> Tokenizer.parse("{\"kiln\":\"characters\"}", "f"))
        .hasMessage("f: \"characters\" is missing or empty");
    assertThatThrownBy(() -> Tokenizer.parse("{\"kiln\":\"characters\",\"characters\":[5,4]}", "f"))
        .hasMessage("f: entry 1 of \"characters\" is 4, not a code point above the one before");
  }
}
