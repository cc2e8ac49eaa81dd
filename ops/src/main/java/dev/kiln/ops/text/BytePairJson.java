package dev.kiln.ops.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.KilnException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Byte-level BPE in HuggingFace's {@code tokenizer.json}: {@code model} of type BPE with vocabulary
 * and merges, pre-tokenizer and decoder of type ByteLevel, special tokens among {@code
 * added_tokens}. Anything that would change the tokens otherwise is refused.
 */
final class BytePairJson {
  private BytePairJson() {}

  static String write(BytePairTokenizer tokenizer) {
    ObjectNode root = TokenizerJson.object();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    tokenizer
        .specialTokens()
        .forEach(
            (name, token) -> {
              ObjectNode special = added.addObject();
              special.put("id", token);
              special.put("content", name);
              for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                special.put(flag, false);
              }
              special.put("special", true);
            });
    root.putNull("normalizer");
    putByteLevel(root.putObject("pre_tokenizer"));
    root.putNull("post_processor");
    putByteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE");
    for (String absent :
        List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
      model.putNull(absent);
    }
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int i = 0; i < tokenizer.vocabularySize(); i++) {
      vocabulary.put(tokenizer.name(i), i);
    }
    ArrayNode merges = model.putArray("merges");
    for (int[] merge : tokenizer.merges()) {
      merges.add(tokenizer.name(merge[0]) + " " + tokenizer.name(merge[1]));
    }
    return root.toPrettyString();
  }

  private static void putByteLevel(ObjectNode node) {
    node.put("type", "ByteLevel");
    node.put("add_prefix_space", false);
    node.put("trim_offsets", true);
    node.put("use_regex", true);
  }

  static BytePairTokenizer parse(ObjectNode root, String file) {
    requireByteLevel(root, file);
    JsonNode model = root.path("model");
    Map<String, Integer> vocabulary = HashMap.newHashMap(model.path("vocab").size());
    model
        .path("vocab")
        .properties()
        .forEach(e -> vocabulary.put(e.getKey(), e.getValue().asInt(-1)));
    var specials = new LinkedHashMap<String, Integer>();
    for (JsonNode added : root.path("added_tokens")) {
      specials.put(added.path("content").asText(), added.path("id").asInt(-1));
    }
    byte[][] tokens = tokens(vocabulary, specials, file);
    var merges = new ArrayList<int[]>();
    var merged = new ArrayList<Integer>();
    for (JsonNode merge : model.path("merges")) {
      String[] names = names(merge, file);
      merges.add(new int[] {token(vocabulary, names[0], file), token(vocabulary, names[1], file)});
      merged.add(token(vocabulary, names[0] + names[1], file));
    }
    return new BytePairTokenizer(tokens, specials, merges, merged);
  }

  private static void requireByteLevel(ObjectNode root, String file) {
    JsonNode model = root.path("model");
    if (!model.path("vocab").isObject() || !model.path("merges").isArray()) {
      throw new KilnException(
          file + ": is no tokenizer: it lacks \"model\" with \"vocab\" and \"merges\"");
    }
    // Files of older versions leave the model's type out.
    String type = model.path("type").asText("BPE");
    if (!type.equals("BPE")) {
      throw new KilnException(file + ": not supported yet: a tokenizer of type " + type);
    }
    JsonNode cut = root.path("pre_tokenizer");
    if (!cut.path("type").asText().equals("ByteLevel")
        || cut.path("add_prefix_space").asBoolean()
        || !cut.path("use_regex").asBoolean(true)) {
      throw new KilnException(
          file
              + ": not supported yet: a pre-tokenizer other than GPT-2's ByteLevel without a"
              + " prefix: "
              + cut);
    }
    requireAbsent(root, "normalizer", file);
    for (String option : List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix")) {
      requireAbsent(model, option, file);
    }
    if (model.path("byte_fallback").asBoolean() || model.path("ignore_merges").asBoolean()) {
      throw new KilnException(file + ": not supported yet: byte_fallback and ignore_merges");
    }
  }

  private static void requireAbsent(JsonNode node, String option, String file) {
    JsonNode value = node.path(option);
    if (!value.isMissingNode()
        && !value.isNull()
        && !(value.isTextual() && value.asText().isEmpty())) {
      throw new KilnException(file + ": not supported yet: \"%s\": %s".formatted(option, value));
    }
  }

  private static byte[][] tokens(
      Map<String, Integer> vocabulary, Map<String, Integer> specials, String file) {
    var all = new HashMap<>(vocabulary);
    all.putAll(specials);
    byte[][] tokens = new byte[all.size()][];
    all.forEach(
        (name, token) -> {
          if (token < 0 || token >= tokens.length || tokens[token] != null) {
            throw new KilnException(
                "%s: the numbers of the %d tokens are not 0 to %d, each once: \"%s\" has %d"
                    .formatted(file, tokens.length, tokens.length - 1, name, token));
          }
          tokens[token] =
              specials.containsKey(name)
                  ? name.getBytes(StandardCharsets.UTF_8)
                  : ByteAlphabet.bytes(name, file);
        });
    for (byte b : ByteAlphabet.inOrder()) {
      String name = ByteAlphabet.name(new byte[] {b});
      if (!vocabulary.containsKey(name)) {
        throw new KilnException(
            "%s: no token for the byte 0x%02x (\"%s\")".formatted(file, b, name));
      }
    }
    return tokens;
  }

  private static String[] names(JsonNode merge, String file) {
    if (merge.isArray() && merge.size() == 2) {
      return new String[] {merge.get(0).asText(), merge.get(1).asText()};
    }
    String[] names = merge.asText().split(" ", -1);
    if (!merge.isTextual() || names.length != 2) {
      throw new KilnException(file + ": " + merge + " is no pair of tokens to merge");
    }
    return names;
  }

  private static int token(Map<String, Integer> vocabulary, String name, String file) {
    Integer token = vocabulary.get(name);
    if (token == null) {
      throw new KilnException(
          "%s: \"%s\" occurs among the merges, but is no token".formatted(file, name));
    }
    return token;
  }
}
