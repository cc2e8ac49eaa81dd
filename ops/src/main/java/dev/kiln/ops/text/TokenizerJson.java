package dev.kiln.ops.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What the tokenizers' JSON documents have in common. */
final class TokenizerJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerJson() {}

  static ObjectNode object() {
    return JSON.createObjectNode();
  }

  static void save(Path file, String json) {
    AtomicFile.write(file, out -> out.write(json.getBytes(StandardCharsets.UTF_8)));
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new KilnException(file + ": there is no such file", e);
    } catch (IOException e) {
      throw new KilnException(file + ": cannot be read as UTF-8: " + e.getMessage(), e);
    }
  }

  static ObjectNode document(String json, String name) {
    try {
      if (JSON.readTree(json) instanceof ObjectNode document) {
        return document;
      }
    } catch (JsonProcessingException e) {
      throw new KilnException(name + ": is no JSON: " + e.getOriginalMessage(), e);
    }
    throw new KilnException(name + ": is no JSON object");
  }

  static Tokenizer parse(String json, String name) {
    ObjectNode document = document(json, name);
    if (document.path("kiln").asText().equals(CharacterTokenizer.KIND)) {
      return CharacterTokenizer.fromJson(document, name);
    }
    return BytePairJson.parse(document, name);
  }

  static void requireToken(int token, int vocabularySize) {
    if (token < 0 || token >= vocabularySize) {
      throw new KilnException(
          "%d is no token; the vocabulary has 0 to %d".formatted(token, vocabularySize - 1));
    }
  }
}
