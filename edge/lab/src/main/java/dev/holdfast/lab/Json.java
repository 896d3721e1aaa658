package dev.holdfast.lab;

import io.avaje.json.mapper.JsonMapper;
import io.avaje.json.stream.JsonStream;
import java.util.Map;

/** Maps, lists, texts and numbers as JSON; what is unknown is said (null), and so is what is empty. */
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .jsonStream(JsonStream.builder()
                    .serializeNulls(true)
                    .serializeEmpty(true)
                    .build())
            .build();

    private Json() {}

    static String text(Map<String, Object> values) {
        return MAPPER.toJson(values);
    }
}
